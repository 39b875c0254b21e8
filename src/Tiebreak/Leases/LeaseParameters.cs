using Npgsql;

namespace Tiebreak.Leases;

internal static class LeaseParameters
{
    /// <summary>New ones at each call: a parameter belongs to one command.</summary>
    public static NpgsqlParameter[] Of(LeaseId id) => [new("name", id.Name), new("slot", id.Slot), new("token", id.Token), new("acquisition", id.Acquisition)];
}
