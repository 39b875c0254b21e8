using System.Collections;
using System.Linq.Expressions;
using System.Reflection;
using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Bulk;

/// <summary>What an entity owns in another table: an insert of its rows would lose it in silence.</summary>
internal sealed class OwnedElsewhere<TRow>
{
    private static readonly MethodInfo HoldsMethod = typeof(OwnedElsewhere<TRow>).GetMethod(nameof(Holds), BindingFlags.NonPublic | BindingFlags.Static)!;

    private readonly Func<TRow, DbContext, bool> _isUsed;

    public OwnedElsewhere(ColumnSource source)
    {
        Path = source.Path;
        _isUsed = ColumnAccess.Reader<TRow, bool>([source], (_, value) => Expression.Call(HoldsMethod, Expression.Convert(value, typeof(object))));
    }

    public string Path { get; }

    public bool IsUsedBy(TRow row, DbContext context) => _isUsed(row, context);

    private static bool Holds(object? value) => value is IEnumerable list ? list.Cast<object?>().Any() : value is not null;
}
