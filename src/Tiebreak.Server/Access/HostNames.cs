using System.Net;

namespace Tiebreak.Server.Access;

/// <summary>What a <c>Host</c> header may say. Pure.</summary>
internal static class HostNames
{
    /// <summary>
    /// Whether an address can be made of it (RFC 9110, section 7.2, and RFC 3986, section 3.2.2). The web server lets
    /// through what only looks like a name, such as <c>a..b</c> or <c>x'y</c>.
    /// </summary>
    public static bool IsValid(HostString host) =>
        host.HasValue && Uri.CheckHostName(host.Host) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6
        && Uri.TryCreate("http://" + host.ToUriComponent(), UriKind.Absolute, out _);

    /// <summary>
    /// Whether it names this machine and cannot be made to name another one: a loopback address, <c>localhost</c>, or a
    /// name below it, which resolvers answer themselves (RFC 6761, section 6.3).
    /// </summary>
    public static bool IsLoopback(HostString host) =>
        host.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || host.Host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Host.AsSpan().Trim("[]"), out var address) && IPAddress.IsLoopback(address));
}
