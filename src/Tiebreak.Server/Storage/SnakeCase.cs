using System.Text.Json;
using Microsoft.EntityFrameworkCore;

namespace Tiebreak.Server.Storage;

/// <summary>Names columns the way people write them in psql.</summary>
internal static class SnakeCase
{
    public static void Apply(ModelBuilder modelBuilder)
    {
        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
        {
            property.SetColumnName(JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));
        }
    }
}
