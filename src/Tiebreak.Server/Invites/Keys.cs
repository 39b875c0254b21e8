namespace Tiebreak.Server.Invites;

/// <summary>What the changes of invites contend on.</summary>
internal static class Keys
{
    public static string Invite(string code) => "invite/" + code;
}
