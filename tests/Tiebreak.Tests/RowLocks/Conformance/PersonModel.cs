namespace Tiebreak.Tests.RowLocks.Conformance;

internal sealed class Country
{
    public int Id { get; set; }

    public string Name { get; set; } = "";
}

internal sealed class City
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public int CountryId { get; set; }

    public Country? Country { get; set; }
}

internal sealed class Person
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public int BornId { get; set; }

    public City? Born { get; set; }

    public int DiedId { get; set; }

    public City? Died { get; set; }

    public PersonProfile? Profile { get; set; }
}

/// <summary>One to one; the foreign key is here. Its only other column may be null.</summary>
internal sealed class PersonProfile
{
    public int Id { get; set; }

    public string? Motto { get; set; }

    public int PersonId { get; set; }

    public Person? Person { get; set; }

    public List<ProfileLink> Links { get; } = [];
}

internal sealed class ProfileLink
{
    public int Id { get; set; }

    public int ProfileId { get; set; }

    public PersonProfile? Profile { get; set; }
}

/// <summary>Has a query filter.</summary>
internal sealed class Region
{
    public int Id { get; set; }

    public bool Open { get; set; } = true;
}

internal sealed class Village
{
    public int Id { get; set; }

    public int RegionId { get; set; }

    public Region? Region { get; set; }
}

/// <summary>The root of a hierarchy with a table a type.</summary>
internal class Place
{
    public int Id { get; set; }
}

internal class Land : Place
{
    public string Name { get; set; } = "";
}

internal sealed class UnionLand : Land
{
    public int Joined { get; set; }
}

internal sealed class UnionCity
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public int LandId { get; set; }

    public UnionLand? Land { get; set; }
}

/// <summary>The root of a hierarchy in one table.</summary>
internal class Document
{
    public int Id { get; set; }

    public string Number { get; set; } = "";
}

internal sealed class Passport : Document
{
    public int Pages { get; set; }
}

internal sealed class Stamp
{
    public int Id { get; set; }

    public int DocumentId { get; set; }

    public Document? Document { get; set; }

    public int PassportId { get; set; }

    public Passport? Passport { get; set; }
}
