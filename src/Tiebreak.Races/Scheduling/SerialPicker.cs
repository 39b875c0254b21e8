namespace Tiebreak.Races.Scheduling;

/// <summary>One actor at a time, in an order.</summary>
/// <param name="order">Every actor once.</param>
internal sealed class SerialPicker(IReadOnlyList<int> order) : IPicker
{
    public int Pick(IReadOnlyList<int> ready, int last) => order.First(ready.Contains);
}
