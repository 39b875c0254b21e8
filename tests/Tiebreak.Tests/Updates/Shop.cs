namespace Tiebreak.Tests.Updates;

internal enum SeatState
{
    Free,
    Held,
}

internal sealed class Price
{
    public decimal Amount { get; set; }

    public string Currency { get; set; } = "CHF";
}

internal sealed class Hall
{
    public int Id { get; set; }

    public bool Open { get; set; }
}

internal sealed class Seat
{
    public int Id { get; set; }

    public int? HallId { get; set; }

    public Hall? Hall { get; set; }

    public int Taken { get; set; }

    public int Places { get; set; }

    public SeatState State { get; set; }

    public Price Price { get; set; } = new();
}

internal sealed class Invite
{
    public int Id { get; set; }

    public string Code { get; set; } = "";

    public int UsesLeft { get; set; }

    public int Used { get; set; }

    public int? Limit { get; set; }

    public long? Points { get; set; }

    public short Small { get; set; }
}

internal sealed class User
{
    public int Id { get; set; }

    public string Email { get; set; } = "";

    public string Name { get; set; } = "";

    public int Visits { get; set; }

    public DateTime MadeAt { get; set; }

    public SeatState State { get; set; }

    public Price Fee { get; set; } = new();

    public string[] Tags { get; set; } = [];

    public uint Version { get; set; }
}

internal sealed class Account
{
    public int Id { get; set; }

    public decimal Balance { get; set; }

    public string Owner { get; set; } = "";

    public uint Version { get; set; }
}

internal sealed class Plain
{
    public int Id { get; set; }

    public int Value { get; set; }
}

internal sealed class KeyOnly
{
    public int Id { get; set; }
}

internal abstract class Ticket
{
    public int Id { get; set; }

    public int Uses { get; set; }
}

internal sealed class DayTicket : Ticket
{
    public int Day { get; set; }
}

internal sealed class SeatTicket : Ticket
{
    public string Seat { get; set; } = "";
}

internal class Vehicle
{
    public int Id { get; set; }

    public int Wheels { get; set; }
}

internal sealed class Truck : Vehicle
{
    public int Load { get; set; }
}

internal sealed class Note
{
    public int Id { get; set; }

    public string Text { get; set; } = "";

    public Line Line { get; set; } = new();
}

internal sealed class Line
{
    public string First { get; set; } = "";
}
