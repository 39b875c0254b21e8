namespace Tiebreak.Server.Systems;

/// <summary>Recounts a system's records and says where the counters kept beside them differ.</summary>
internal interface IReconcile
{
    /// <summary>The system's name, such as <c>tickets</c>.</summary>
    string System { get; }

    /// <summary>Every difference; none when all is well. Reads only.</summary>
    IAsyncEnumerable<Drift> FindAsync(CancellationToken cancellationToken);
}

/// <summary>A stored value that a recount contradicts.</summary>
/// <param name="Table">Where it is stored.</param>
/// <param name="Key">The row's key.</param>
/// <param name="Column">Which value.</param>
/// <param name="Stored">What is stored.</param>
/// <param name="Recounted">What the records say.</param>
internal sealed record Drift(string Table, string Key, string Column, string Stored, string Recounted);
