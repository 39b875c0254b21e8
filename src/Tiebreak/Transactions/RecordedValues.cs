using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Tiebreak.Transactions;

/// <summary>
/// Entities that tell of their changes before and after them, as change-tracking proxies do, have no original values
/// but of tokens and keys: EF Core refuses to read and write the others.
/// </summary>
internal static class RecordedValues
{
    public static bool HasOriginals(IReadOnlyTypeBase type) => type.GetChangeTrackingStrategy() != ChangeTrackingStrategy.ChangingAndChangedNotifications;

    /// <summary>Makes this the member's value, as read from the database.</summary>
    public static void Accept(PropertyEntry member, object? value)
    {
        member.CurrentValue = value;
        var property = member.Metadata;
        if (HasOriginals(property.DeclaringType) || property.IsConcurrencyToken || property.IsKey() || property.IsForeignKey())
        {
            member.OriginalValue = value;
        }
    }
}
