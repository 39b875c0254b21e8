using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Tiebreak.Server.Http.Bodies;
using Tiebreak.Server.Http.Paging;

namespace Tiebreak.Server.Points;

/// <summary>Asks for a program with these rules.</summary>
/// <param name="Rules">At most 100, in the order in which they are applied.</param>
internal sealed record PutProgramBody([property: MaxLength(PointsRules.MaxRules)] IReadOnlyList<PointsRule> Rules) : IRequestBody<PutProgramBody>
{
    public static string Example =>
        """{"rules": [{"type": "rate", "pointsPerUnit": 1.5}, {"type": "categoryMultiplier", "category": "books", "multiplier": 2}, {"type": "dailyCap", "points": 500}]}""";

    public static JsonTypeInfo<PutProgramBody> JsonType => PointsJson.Default.PutProgramBody;

    public static PutProgramBody Read(BodyFields fields) => new(PointsRuleReading.Read(fields));
}

/// <summary>Asks for an account with this program.</summary>
/// <param name="ProgramId">The account has none when it is left out, whatever it had before.</param>
internal sealed record PutAccountBody([property: Length(1, Limits.Id)] string? ProgramId = null) : IRequestBody<PutAccountBody>
{
    public static string Example => """{"programId": "shop"}""";

    public static JsonTypeInfo<PutAccountBody> JsonType => PointsJson.Default.PutAccountBody;

    public static PutAccountBody Read(BodyFields fields) => new(fields.OptionalText("programId"));
}

/// <summary>Asks to add points: either so many, or what the account's program gives for the facts.</summary>
/// <param name="Points">1 to 2^53 - 1.</param>
/// <param name="Facts">What happened.</param>
/// <param name="Reason">Up to 200 characters, kept with the entry.</param>
internal sealed record EarnBody(
    [property: Range(1, Limits.Points)] long? Points = null,
    EarnFacts? Facts = null,
    [property: Length(1, Limits.Id)] string? Reason = null)
    : IRequestBody<EarnBody>
{
    private const string ExactlyOne = "Exactly one of `points` and `facts` is required.";

    public static string Example => """{"facts": {"amount": 129.95, "category": "books"}, "reason": "order 1001"}""";

    public static JsonTypeInfo<EarnBody> JsonType => PointsJson.Default.EarnBody;

    public static EarnBody Read(BodyFields fields)
    {
        var body = new EarnBody(
            fields.OptionalWhole("points", 1, Limits.Points),
            fields.OptionalObject("facts") is { } facts ? EarnFacts.Read(facts) : null,
            fields.OptionalText("reason"));
        if (fields.Has("points") == fields.Has("facts"))
        {
            // Both places are named: either may be the one that was meant.
            fields.Reject("points", ExactlyOne);
            fields.Reject("facts", ExactlyOne);
        }

        return body;
    }
}

/// <summary>Asks to take points.</summary>
/// <param name="Points">1 to 2^53 - 1.</param>
/// <param name="Reason">Up to 200 characters, kept with the entry.</param>
internal sealed record SpendBody([property: Range(1, Limits.Points)] long Points, [property: Length(1, Limits.Id)] string? Reason = null) : IRequestBody<SpendBody>
{
    public static string Example => """{"points": 100, "reason": "voucher"}""";

    public static JsonTypeInfo<SpendBody> JsonType => PointsJson.Default.SpendBody;

    public static SpendBody Read(BodyFields fields) => new(fields.Whole("points", 1, Limits.Points), fields.OptionalText("reason"));
}

/// <summary>Asks to move points from one account to another.</summary>
/// <param name="FromAccountId">Who gives.</param>
/// <param name="ToAccountId">Who gets; another account.</param>
/// <param name="Points">1 to 2^53 - 1.</param>
/// <param name="Reason">Up to 200 characters, kept with both entries.</param>
internal sealed record TransferBody(
    [property: Length(1, Limits.Id)] string FromAccountId,
    [property: Length(1, Limits.Id)] string ToAccountId,
    [property: Range(1, Limits.Points)] long Points,
    [property: Length(1, Limits.Id)] string? Reason = null)
    : IRequestBody<TransferBody>
{
    public static string Example => """{"fromAccountId": "ada", "toAccountId": "grace", "points": 50, "reason": "a gift"}""";

    public static JsonTypeInfo<TransferBody> JsonType => PointsJson.Default.TransferBody;

    public static TransferBody Read(BodyFields fields)
    {
        var body = new TransferBody(fields.Text("fromAccountId"), fields.Text("toAccountId"), fields.Whole("points", 1, Limits.Points), fields.OptionalText("reason"));
        if (body.ToAccountId.Length > 0 && string.Equals(body.FromAccountId, body.ToAccountId, StringComparison.Ordinal))
        {
            fields.Reject("toAccountId", "This is another account than `fromAccountId`.");
        }

        return body;
    }
}

/// <summary>A program.</summary>
/// <param name="Id">The caller's.</param>
/// <param name="Rules">In the order in which they are applied.</param>
/// <param name="CreatedAt">When it was first put.</param>
/// <param name="UpdatedAt">When it was last put.</param>
internal sealed record ProgramModel(string Id, IReadOnlyList<PointsRule> Rules, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public static ProgramModel Of(PointsProgram program) => new(program.Id, program.Rules, program.CreatedAt, program.UpdatedAt);
}

/// <summary>An account.</summary>
/// <param name="Id">The caller's.</param>
/// <param name="ProgramId">The program that judges facts; null when there is none.</param>
/// <param name="Balance">What it has.</param>
/// <param name="Lifetime">What it has ever earned; spending and transfers leave it alone.</param>
/// <param name="CreatedAt">When it was opened.</param>
internal sealed record AccountModel(string Id, string? ProgramId, long Balance, long Lifetime, DateTimeOffset CreatedAt)
{
    public static AccountModel Of(Account account) => new(account.Id, account.ProgramId, account.Balance, account.Lifetime, account.CreatedAt);
}

/// <summary>One change of an account's points.</summary>
/// <param name="Id">Made by the server.</param>
/// <param name="AccountId">Whose points they are.</param>
/// <param name="Points">Negative when they went.</param>
/// <param name="BalanceAfter">What the account had then.</param>
/// <param name="Reason">As given; null when none was.</param>
/// <param name="Breakdown">What each of the program's rules gave, in their order; null unless the points come from facts.</param>
/// <param name="CreatedAt">When it took effect.</param>
internal sealed record EntryModel(Guid Id, string AccountId, long Points, long BalanceAfter, string? Reason, IReadOnlyList<RuleShare>? Breakdown, DateTimeOffset CreatedAt)
{
    public static EntryModel Of(Entry entry) => new(entry.Id, entry.AccountId, entry.Points, entry.BalanceAfter, entry.Reason, entry.Breakdown, entry.CreatedAt);
}

/// <summary>The answer to a transfer.</summary>
/// <param name="Id">Made by the server.</param>
/// <param name="From">The entry of the account that gave.</param>
/// <param name="To">The entry of the account that got.</param>
internal sealed record TransferModel(Guid Id, EntryModel From, EntryModel To)
{
    public static TransferModel Of(Entry from, Entry to) => new(from.TransferId!.Value, EntryModel.Of(from), EntryModel.Of(to));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(Rfc3339Converter)], AllowOutOfOrderMetadataProperties = true)]
[JsonSerializable(typeof(PutProgramBody))]
[JsonSerializable(typeof(PutAccountBody))]
[JsonSerializable(typeof(EarnBody))]
[JsonSerializable(typeof(SpendBody))]
[JsonSerializable(typeof(TransferBody))]
[JsonSerializable(typeof(ProgramModel))]
[JsonSerializable(typeof(AccountModel))]
[JsonSerializable(typeof(EntryModel))]
[JsonSerializable(typeof(TransferModel))]
[JsonSerializable(typeof(Page<EntryModel>))]
[JsonSerializable(typeof(IReadOnlyList<PointsRule>))]
[JsonSerializable(typeof(IReadOnlyList<RuleShare>))]
internal sealed partial class PointsJson : JsonSerializerContext;
