namespace Tiebreak.Tests.RowLocks;

internal enum ConcertStatus
{
    Open,
    SoldOut,
}

/// <summary>The entity of most tests: plain, converted, shadow, owned and complex properties in one row.</summary>
internal sealed class Concert
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public int Places { get; set; }

    public int Taken { get; set; }

    public ConcertStatus Status { get; set; }

    public List<string> Labels { get; set; } = [];

    public Address? Hall { get; set; }

    public Terms Terms { get; set; } = new();

    public int? PromoterId { get; set; }

    public Promoter? Promoter { get; set; }

    public List<Booking> Bookings { get; } = [];

    public List<Genre> Genres { get; } = [];

    /// <summary>Not mapped.</summary>
    public int Free => Places - Taken;

    public string Describe() => $"{Name}: {Taken}";
}

/// <summary>Many to many.</summary>
internal sealed class Genre
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public List<Concert> Concerts { get; } = [];
}

/// <summary>Owned, in the same row, optional.</summary>
internal sealed class Address
{
    public string City { get; set; } = "";

    public string? Street { get; set; }

    /// <summary>Not mapped.</summary>
    public string Line => $"{Street} {City}";
}

/// <summary>Complex, in the same row.</summary>
internal sealed class Terms
{
    public string Currency { get; set; } = "EUR";

    public decimal Price { get; set; }
}

internal sealed class Promoter
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public bool Active { get; set; } = true;

    public List<Concert> Concerts { get; } = [];
}

internal sealed class Booking
{
    public int Id { get; set; }

    public int ConcertId { get; set; }

    public string Guest { get; set; } = "";

    public Concert? Concert { get; set; }
}

/// <summary>Has a query filter that joins: only the ones of active promoters.</summary>
internal sealed class Contract
{
    public int Id { get; set; }

    public int Amount { get; set; }

    public int PromoterId { get; set; }

    public Promoter? Promoter { get; set; }
}

/// <summary>Refers to its own table.</summary>
internal sealed class Folder
{
    public int Id { get; set; }

    public int Size { get; set; }

    public int? ParentId { get; set; }

    public Folder? Parent { get; set; }
}

/// <summary>Refers to its own table by a required foreign key: EF Core joins it with INNER JOIN.</summary>
internal sealed class Chapter
{
    public int Id { get; set; }

    public int Pages { get; set; }

    public int BookId { get; set; }

    public Chapter? Book { get; set; }
}

/// <summary>No key, over the table of concerts.</summary>
internal sealed class ConcertLine
{
    public string Name { get; set; } = "";
}

/// <summary>Mapped to a view.</summary>
internal sealed class OpenConcert
{
    public int Id { get; set; }

    public string Name { get; set; } = "";
}

/// <summary>Owns a value in JSON.</summary>
internal sealed class Album
{
    public int Id { get; set; }

    public string Title { get; set; } = "";

    public Cover Cover { get; set; } = new();
}

internal sealed class Cover
{
    public string Colour { get; set; } = "";
}

/// <summary>Owns a collection in a table of its own, and has an optional complex value.</summary>
internal sealed class Tour
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public List<Stop> Stops { get; } = [];

    public Fee? Fee { get; set; }
}

/// <summary>Owned; its key is of the tracker alone.</summary>
internal sealed class Stop
{
    public string City { get; set; } = "";
}

/// <summary>Complex.</summary>
internal sealed class Fee
{
    public int Amount { get; set; }

    public string? Note { get; set; }
}

/// <summary>Has complex values in JSON.</summary>
internal sealed class Poster
{
    public int Id { get; set; }

    public List<Fee> Prints { get; set; } = [];
}

/// <summary>Shares its table with its detail.</summary>
internal sealed class Venue
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public VenueDetail? Detail { get; set; }
}

internal sealed class VenueDetail
{
    public int Id { get; set; }

    public string Text { get; set; } = "";
}
