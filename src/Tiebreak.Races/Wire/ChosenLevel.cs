using System.Data;
using Tiebreak.Races.Sql;

namespace Tiebreak.Races.Wire;

/// <summary>The isolation level that a client asks for itself: for a transaction, or for all that follow on its connection.</summary>
internal sealed class ChosenLevel
{
    private IsolationLevel? _session;
    private IsolationLevel? _transaction;

    /// <summary>Of the transaction under way; <see langword="null"/> when the client chose none.</summary>
    public IsolationLevel? Current => _transaction ?? _session;

    /// <summary>The transaction is over.</summary>
    public void EndTransaction() => _transaction = null;

    /// <summary>Takes note of a statement that passes: BEGIN, SET, RESET, DISCARD.</summary>
    public void Note(string sql)
    {
        var words = SqlLexer.Stream(sql).Where(token => token.Kind is SqlTokenKind.Word or SqlTokenKind.Text).Select(token => token.Text.ToLowerInvariant()).ToList();
        if (words.Count == 0)
        {
            return;
        }

        switch (words[0])
        {
            case "discard":
            case "reset" when words.Count > 1 && words[1] is "all" or "default_transaction_isolation":
                _session = null;
                break;
            case "set" when words.Contains("default_transaction_isolation") || words.Contains("characteristics"):
                _session = Level(words) ?? _session;
                break;
            case "begin" or "start" or "set":
                _transaction = Level(words) ?? _transaction;
                break;
        }
    }

    private static IsolationLevel? Level(List<string> words)
    {
        if (!words.Contains("isolation") && !words.Exists(word => word is "transaction_isolation" or "default_transaction_isolation"))
        {
            return null;
        }

        return words.Contains("serializable") ? IsolationLevel.Serializable
            : words.Exists(word => word is "repeatable" or "repeatable read") ? IsolationLevel.RepeatableRead
            : words.Exists(word => word is "committed" or "uncommitted" or "read committed" or "read uncommitted") ? IsolationLevel.ReadCommitted
            : null;
    }
}
