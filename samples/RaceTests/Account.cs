using System.ComponentModel.DataAnnotations.Schema;

namespace RaceTests;

/// <summary>A customer's points.</summary>
public sealed class Account
{
    [Column("id")]
    public int Id { get; set; }

    [Column("points")]
    public int Points { get; set; }
}
