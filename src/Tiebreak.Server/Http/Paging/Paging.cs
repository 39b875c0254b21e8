using System.Globalization;
using System.Text;
using Tiebreak.Server.Http.Bodies;

namespace Tiebreak.Server.Http.Paging;

/// <summary>A page of a list.</summary>
/// <typeparam name="T">What is listed.</typeparam>
/// <param name="Items">At most as many as were asked for.</param>
/// <param name="Next">The cursor of the next page; <see langword="null"/> on the last one.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? Next)
{
    /// <summary>
    /// Makes a page of rows that were read one beyond the limit: the extra one tells that there is a next page.
    /// </summary>
    internal static Page<T> Of<TRow>(IReadOnlyList<TRow> rows, int limit, Func<TRow, T> item, Func<TRow, Cursor> cursor)
    {
        var shown = rows.Count > limit ? rows.Take(limit).ToList() : rows;
        return new Page<T>([.. shown.Select(item)], rows.Count > limit ? cursor(shown[^1]).Encode() : null);
    }
}

/// <summary>
/// Where the last page ended: the sort key of its last row, so that rows added or removed between two pages shift
/// nothing. Opaque to clients.
/// </summary>
/// <param name="List">Which list it belongs to, with the ids of its address; another list refuses it.</param>
/// <param name="Position">A time's ticks or a number; 0 where the list is sorted by <paramref name="Id"/> alone.</param>
/// <param name="Id">What tells rows of one position apart; may be empty.</param>
internal readonly record struct Cursor(string List, long Position, string Id)
{
    public string Encode() =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{List}\n{Position}\n{Id}"))).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    public static bool TryDecode(string text, out Cursor cursor)
    {
        cursor = default;
        if (text.Length is 0 or > 2000)
        {
            return false;
        }

        try
        {
            var base64 = text.Replace('-', '+').Replace('_', '/');
            var plain = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Convert.FromBase64String(base64.PadRight((base64.Length + 3) / 4 * 4, '=')));
            if (plain.Split('\n', 3) is not [var list, var number, var id]
                || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var position)
                || (id.Length > 0 && !Limits.IsText(id, 500)))
            {
                return false;
            }

            cursor = new Cursor(list, position, id);
            return true;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            return false;
        }
    }
}

/// <summary>The query parameters of a list. Bound by the framework.</summary>
/// <param name="Limit">How many items at most, 1 to 200.</param>
/// <param name="After">Where the last page ended; <see langword="null"/> for the first page.</param>
internal sealed record PageQuery(int Limit, Cursor? After)
{
    public const int DefaultLimit = 50;
    public const int MaxLimit = 200;

    /// <exception cref="InvalidRequestException">A parameter does not fit the contract.</exception>
    public static ValueTask<PageQuery?> BindAsync(HttpContext httpContext)
    {
        var errors = new List<RequestError>();
        var limit = DefaultLimit;
        var limits = httpContext.Request.Query["limit"];
        if (limits.Count > 0 && (limits.Count > 1 || !int.TryParse(limits[0], NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MaxLimit))
        {
            errors.Add(new RequestError($"This is a whole number from 1 to {MaxLimit}.", Parameter: "limit"));
        }

        Cursor? after = null;
        var cursors = httpContext.Request.Query["cursor"];
        if (cursors.Count > 0)
        {
            if (cursors.Count == 1 && Cursor.TryDecode(cursors[0] ?? string.Empty, out var cursor))
            {
                after = cursor;
            }
            else
            {
                errors.Add(InvalidCursor);
            }
        }

        return errors.Count > 0 ? throw new InvalidRequestException(errors) : ValueTask.FromResult<PageQuery?>(new PageQuery(limit, after));
    }

    /// <summary>The cursor, when it is one of this list.</summary>
    /// <exception cref="InvalidRequestException">The cursor is another list's.</exception>
    public Cursor? AfterIn(string list) => After is { } cursor && cursor.List != list ? throw new InvalidRequestException(InvalidCursor) : After;

    /// <summary>The id that the cursor carries, for lists that are sorted by id alone.</summary>
    /// <exception cref="InvalidRequestException">The cursor is another list's, or was changed.</exception>
    public Guid? AfterId(string list) => AfterIn(list) is not { } cursor ? null
        : Guid.TryParseExact(cursor.Id, "d", out var id) ? id : throw new InvalidRequestException(InvalidCursor);

    /// <summary>The number that the cursor carries, for lists that are sorted by a whole number.</summary>
    /// <exception cref="InvalidRequestException">The cursor is another list's, or was changed.</exception>
    public int? AfterNumber(string list) => AfterIn(list) is not { } cursor ? null
        : cursor.Position <= int.MaxValue ? (int)cursor.Position : throw new InvalidRequestException(InvalidCursor);

    /// <summary>The time that the cursor carries, for lists that are sorted by time.</summary>
    /// <exception cref="InvalidRequestException">The cursor is another list's, or was changed.</exception>
    public DateTimeOffset? AfterTime(string list) => AfterIn(list) is not { } cursor ? null
        : cursor.Position <= DateTimeOffset.MaxValue.UtcTicks ? new DateTimeOffset(cursor.Position, TimeSpan.Zero)
        : throw new InvalidRequestException(InvalidCursor);

    /// <summary>What is said of a cursor that cannot be used.</summary>
    public static RequestError InvalidCursor => new("This is the `next` of an earlier page of the same list, unchanged.", Parameter: "cursor");
}
