using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Wire;

/// <summary>What the server said to a statement.</summary>
/// <param name="Tag">The command tag; <see langword="null"/> when it failed.</param>
/// <param name="SqlState">The SQLSTATE when it failed; <c>08006</c> when the connection went away.</param>
/// <param name="Message">The server's message when it failed.</param>
/// <param name="TransactionStatus"><c>I</c> idle, <c>T</c> in a transaction, <c>E</c> in a failed one.</param>
/// <param name="Changes">The rows that it wrote.</param>
internal sealed record StatementResult(string? Tag, string? SqlState, string? Message, char TransactionStatus, IReadOnlyList<RowChange> Changes);
