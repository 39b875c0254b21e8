namespace Tiebreak.Races.Scenarios;

/// <summary>How a statement outside a transaction is explored.</summary>
public enum AutocommitMode
{
    /// <summary>
    /// As BEGIN, the statement and a COMMIT that is held, so that others also run between what it did and the moment
    /// they can see it. That is what happens when one statement is still running while another starts.
    /// </summary>
    Split,

    /// <summary>As one step. Finds less: a single statement then never overlaps another.</summary>
    Whole,
}
