namespace Tiebreak.Tests.RowLocks;

/// <summary>One table (TPH).</summary>
internal abstract class Ticket
{
    public int Id { get; set; }

    public int Price { get; set; }
}

internal sealed class SeatTicket : Ticket
{
    public string Seat { get; set; } = "";
}

internal sealed class DayTicket : Ticket
{
    public int Day { get; set; }
}

/// <summary>A table a type (TPT).</summary>
internal class Account
{
    public int Id { get; set; }

    public int Balance { get; set; }
}

internal sealed class SavingsAccount : Account
{
    public int Rate { get; set; }
}

/// <summary>A table a concrete type (TPC).</summary>
internal abstract class Voucher
{
    public int Id { get; set; }

    public int Uses { get; set; }
}

internal sealed class GiftVoucher : Voucher
{
    public int Amount { get; set; }
}

internal sealed class RebateVoucher : Voucher
{
    public int Percent { get; set; }
}
