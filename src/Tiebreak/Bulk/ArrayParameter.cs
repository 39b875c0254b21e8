using System.Data.Common;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Tiebreak.Bulk;

/// <summary>One column's values as one parameter. Typed, so that the driver writes them without boxing each.</summary>
internal sealed class ArrayParameter<T>(string name, T[] values, ArrayType type) : IRelationalParameter
{
    public string InvariantName => name;

    public void AddDbParameter(DbCommand command, IReadOnlyDictionary<string, object?>? parameterValues) => Add(command);

    public void AddDbParameter(DbCommand command, object? value) => Add(command);

    private void Add(DbCommand command)
    {
        var parameter = new NpgsqlParameter<T[]>(name, values);
        if (type.DbType is { } known)
        {
            parameter.NpgsqlDbType = NpgsqlDbType.Array | known;
        }
        else if (type.DataTypeName is { } named)
        {
            parameter.DataTypeName = named;
        }

        command.Parameters.Add(parameter);
    }
}

/// <summary>The value that all rows have in a column, as one parameter.</summary>
internal sealed class ValueParameter<T>(string name, T value, ArrayType type) : IRelationalParameter
{
    public string InvariantName => name;

    public void AddDbParameter(DbCommand command, IReadOnlyDictionary<string, object?>? parameterValues) => Add(command);

    public void AddDbParameter(DbCommand command, object? value) => Add(command);

    private void Add(DbCommand command)
    {
        var parameter = new NpgsqlParameter<T>(name, value);
        if (type.DbType is { } known)
        {
            parameter.NpgsqlDbType = known;
        }
        else if (type.DataTypeName is { } named)
        {
            parameter.DataTypeName = named[..^2];
        }

        command.Parameters.Add(parameter);
    }
}

/// <summary>How an array's type is told to the driver (one of the two, or neither: by the CLR type) and to PostgreSQL.</summary>
/// <param name="DbType">Of an element.</param>
/// <param name="DataTypeName">Of the array.</param>
/// <param name="Cast">Of the array, as it stands in SQL behind the parameter.</param>
/// <param name="ElementCast">Of an element, where it travels as text.</param>
internal sealed record ArrayType(NpgsqlDbType? DbType, string? DataTypeName, string Cast, string? ElementCast = null)
{
    /// <summary>How one value stands in SQL behind its parameter.</summary>
    public string ValueCast => Cast[..^2] + (ElementCast is null ? "" : "::" + ElementCast);

    // The driver writes one such value, but no array of them.
    private static readonly Type[] WithoutArrays = [typeof(NpgsqlLogSequenceNumber), typeof(NpgsqlTid)];

    /// <summary>Whether values of the type are sent as PostgreSQL's own text, which their ToString() is.</summary>
    public static bool IsText(Type type) => WithoutArrays.Contains(type);

    public static ArrayType Of(NpgsqlDbType type, string cast) => new(type, null, cast);

    /// <summary>As the type mapping would send one value, learned from the parameter that it makes.</summary>
    public static ArrayType Of(RelationalTypeMapping mapping)
    {
        if (IsText(mapping.ClrType))
        {
            return new ArrayType(NpgsqlDbType.Text, null, "text[]", mapping.StoreTypeNameBase);
        }

        using var command = new NpgsqlCommand();
        var probe = (NpgsqlParameter)mapping.CreateParameter(command, "p", null, nullable: true);
        var cast = CastName(mapping.StoreTypeNameBase) + "[]";
        return probe.NpgsqlDbType != NpgsqlDbType.Unknown ? Of(probe.NpgsqlDbType & ~NpgsqlDbType.Array, cast)
            : probe.DataTypeName is { } name ? new ArrayType(null, name + "[]", cast)
            : new ArrayType(null, null, cast);
    }

    /// <summary>
    /// Without a length: a cast to varchar(3) would cut what is too long, where an INSERT refuses it. PostgreSQL reads
    /// a bare character and bit as those of length one (https://www.postgresql.org/docs/current/datatype-character.html).
    /// </summary>
    private static string CastName(string storeType) => storeType.ToUpperInvariant() switch
    {
        "CHARACTER" or "CHAR" => "bpchar",
        "BIT" => "\"bit\"",
        "SERIAL" => "integer",
        "BIGSERIAL" => "bigint",
        "SMALLSERIAL" => "smallint",
        _ => storeType,
    };
}
