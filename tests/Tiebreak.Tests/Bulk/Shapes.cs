using System.ComponentModel.DataAnnotations;
using System.Runtime.InteropServices;

namespace Tiebreak.Tests.Bulk;

/// <summary>An ordinary row with a key that the application makes.</summary>
internal sealed class Use
{
    public Guid Id { get; set; }

    public string Code { get; set; } = "";

    public string UserId { get; set; } = "";

    public int Number { get; set; }

    public List<string> Tags { get; set; } = [];
}

/// <summary>A composite key.</summary>
internal sealed class Membership
{
    public string GroupId { get; set; } = "";

    public string UserId { get; set; } = "";

    public DateTime Since { get; set; }
}

/// <summary>Owned and complex parts in the row, JSON, a private field, a shadow property.</summary>
internal sealed class Venue
{
    private string _secret = "";

    public int Id { get; set; }

    public Place? Hall { get; set; }

    public Price Price { get; set; } = new();

    public Span Span { get; set; }

    public Details? Details { get; set; }

    public List<Contact> Contacts { get; set; } = [];

    public Rating Rating { get; set; } = new();

    public List<Staff> Staff { get; set; } = [];

    public string Secret() => _secret;

    public Venue Keep(string secret)
    {
        _secret = secret;
        return this;
    }
}

internal sealed class Place
{
    public string City { get; set; } = "";

    public string? Street { get; set; }

    public Geo? Geo { get; set; }
}

internal sealed class Geo
{
    public double North { get; set; }
}

internal sealed class Price
{
    public string Currency { get; set; } = "EUR";

    public decimal Amount { get; set; }
}

[StructLayout(LayoutKind.Auto)]
internal struct Span
{
    public int From { get; set; }

    public int To { get; set; }
}

internal sealed class Details
{
    public string Text { get; set; } = "";

    public Mood? Mood { get; set; }

    public DateTime At { get; set; }

    public List<int> Numbers { get; set; } = [];

    public Contact? Contact { get; set; }

    public List<Contact> More { get; set; } = [];
}

internal sealed class Contact
{
    public string Name { get; set; } = "";

    public int? Age { get; set; }
}

internal sealed class Rating
{
    public int Stars { get; set; }

    public Price Fee { get; set; } = new();
}

/// <summary>Owned, in a table of its own.</summary>
internal sealed class Staff
{
    public string Name { get; set; } = "";
}

internal abstract class Animal
{
    public int Id { get; set; }

    public string Name { get; set; } = "";
}

internal sealed class Cat : Animal
{
    public int Lives { get; set; }

    public string? Colour { get; set; }
}

internal class Dog : Animal
{
    public double Weight { get; set; }

    public string? Colour { get; set; }
}

internal sealed class Puppy : Dog
{
    public DateOnly Born { get; set; }
}

/// <summary>Columns that the database makes.</summary>
internal sealed class Order
{
    public Guid Id { get; set; }

    public int Quantity { get; set; }

    public int Priority { get; set; }

    public DateTime CreatedAt { get; set; }

    public int Doubled { get; set; }

    [Timestamp]
    public uint Version { get; set; }
}

internal sealed class Numbered
{
    public int Id { get; set; }

    public string Name { get; set; } = "";
}

internal class Vehicle
{
    public int Id { get; set; }
}

internal sealed class Car : Vehicle
{
    public int Doors { get; set; }
}

internal class Coupon
{
    public int Id { get; set; }
}

internal sealed class GiftCoupon : Coupon
{
    public int Amount { get; set; }
}

internal sealed class Line
{
    public string Text { get; set; } = "";
}

internal sealed class Shown
{
    public int Id { get; set; }
}

/// <summary>Keys that come back otherwise than they were given.</summary>
internal sealed class Rounded
{
    public decimal Id { get; set; }
}

internal sealed class Child
{
    public int Id { get; set; }

    public Use? Use { get; set; }
}
