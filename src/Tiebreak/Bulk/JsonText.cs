using System.Buffers;
using System.Collections;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Tiebreak.Bulk;

/// <summary>What an entity keeps in one JSON column (<c>ToJson()</c>), written as EF Core writes it.</summary>
internal static class JsonText
{
    /// <summary>The column's text; null for null, which is SQL's NULL.</summary>
    public static string? Write(IPropertyBase part, object? value)
    {
        if (value is null)
        {
            return null;
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            WritePart(writer, part, value);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WritePart(Utf8JsonWriter writer, IPropertyBase part, object? value)
    {
        var (type, isCollection) = part is INavigation navigation
            ? ((ITypeBase)navigation.TargetEntityType, navigation.IsCollection)
            : (((IComplexProperty)part).ComplexType, ((IComplexProperty)part).IsCollection);
        if (value is null)
        {
            writer.WriteNullValue();
        }
        else if (isCollection)
        {
            writer.WriteStartArray();
            foreach (var element in (IEnumerable)value)
            {
                WriteObject(writer, type, element);
            }

            writer.WriteEndArray();
        }
        else
        {
            WriteObject(writer, type, value);
        }
    }

    private static void WriteObject(Utf8JsonWriter writer, ITypeBase type, object? value)
    {
        if (value is null)
        {
            writer.WriteNullValue();
            return;
        }

        writer.WriteStartObject();
        foreach (var property in type.GetProperties())
        {
            // The keys of what is owned are the owner's and the place in the list: no instance and no JSON holds them.
            if (property.GetJsonPropertyName() is not { Length: > 0 } name || property.IsShadowProperty())
            {
                continue;
            }

            writer.WritePropertyName(name);
            if (property.GetGetter().GetClrValue(value) is { } found)
            {
                (property.GetJsonValueReaderWriter() ?? property.GetTypeMapping().JsonValueReaderWriter)!.ToJson(writer, found);
            }
            else
            {
                writer.WriteNullValue();
            }
        }

        foreach (var complex in type.GetComplexProperties())
        {
            writer.WritePropertyName(complex.GetJsonPropertyName()!);
            WritePart(writer, complex, complex.GetGetter().GetClrValue(value));
        }

        foreach (var owned in (type as IEntityType)?.GetNavigations().Where(navigation => navigation.ForeignKey.IsOwnership && !navigation.IsOnDependent) ?? [])
        {
            writer.WritePropertyName(owned.TargetEntityType.GetJsonPropertyName()!);
            WritePart(writer, owned, owned.GetGetter().GetClrValue(value));
        }

        writer.WriteEndObject();
    }
}
