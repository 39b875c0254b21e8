using System.Linq.Expressions;
using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.ValueGeneration;

namespace Tiebreak.Bulk;

/// <summary>Which columns an insert writes, by the rules of SaveChanges.</summary>
internal sealed class InsertColumns<TRow>
    where TRow : class
{
    private readonly BulkPlan<TRow> _plan;
    private readonly List<GeneratedColumn<TRow>> _optional = [];
    private readonly List<GeneratedColumn<TRow>> _made = [];

    public InsertColumns(BulkPlan<TRow> plan)
    {
        _plan = plan;
        foreach (var column in plan.Columns)
        {
            if (column.Property is not { } property || column.Sources[0].IsDiscriminator)
            {
                Written.Add(column);
                continue;
            }

            var own = column.Sources[0].Steps.Count == 0;
            if (property.GetBeforeSaveBehavior() != PropertySaveBehavior.Save)
            {
                if (own && property.ValueGenerated.HasFlag(ValueGenerated.OnAdd) && !property.IsShadowProperty())
                {
                    Returned.Add(new GeneratedColumn<TRow>(column));
                }

                continue;
            }

            Written.Add(column);
            if (own && property.ValueGenerated.HasFlag(ValueGenerated.OnAdd))
            {
                var generated = new GeneratedColumn<TRow>(column);
                if (property.IsKey() || property.GetValueGeneratorFactory() is not null)
                {
                    _made.Add(generated);
                }

                if (!property.IsPrimaryKey())
                {
                    _optional.Add(generated);
                }
            }
        }
    }

    /// <summary>Columns that are written, those included that the database makes where a row has no value.</summary>
    public List<BulkColumn<TRow>> Written { get; } = [];

    /// <summary>Columns that the database always makes.</summary>
    public List<GeneratedColumn<TRow>> Returned { get; } = [];

    /// <summary>Columns that the database makes where a row has no value: bit by bit of <see cref="LeftOut"/>.</summary>
    public IReadOnlyList<GeneratedColumn<TRow>> Optional => _optional;

    /// <summary>Gives a key to rows without one, where EF Core makes such keys itself.</summary>
    public void MakeKeys(ReadOnlySpan<TRow> rows, DbContext context)
    {
        foreach (var column in _made)
        {
            for (var i = 0; i < rows.Length; i++)
            {
                if (!column.IsDefault(rows[i], context))
                {
                    continue;
                }

                if (context.GetService<IValueGeneratorSelector>().TrySelect(column.Property, _plan.Entity, out var generator) && generator is { GeneratesTemporaryValues: false })
                {
                    column.Assign(rows[i], generator.Next(context.Entry(rows[i])));
                }
                else if (column.Property.IsPrimaryKey())
                {
                    throw BulkRefusals.NoKey(_plan.Entity, column.Property.Name, i);
                }
            }
        }
    }

    /// <summary>The optional columns that the row leaves to the database, a bit each.</summary>
    public ulong LeftOut(TRow row, DbContext context)
    {
        ulong mask = 0;
        for (var i = 0; i < _optional.Count; i++)
        {
            mask |= _optional[i].IsDefault(row, context) ? 1UL << i : 0;
        }

        return mask;
    }
}

/// <summary>A column whose value may be made by somebody else than the caller.</summary>
internal sealed class GeneratedColumn<TRow>
{
    private readonly Func<TRow, DbContext, bool> _isDefault;
    private readonly MemberInfo? _member;

    public GeneratedColumn(BulkColumn<TRow> column)
    {
        Column = column;
        Property = column.Property!;
        _isDefault = ColumnAccess.Reader<TRow, bool>(column.Sources, static (source, value) => Expression.Call(
            Expression.Property(null, typeof(EqualityComparer<>).MakeGenericType(value.Type), nameof(EqualityComparer<object>.Default)),
            nameof(Equals), null, value, Expression.Convert(Expression.Constant(source.Leaf.Sentinel), value.Type)));
        _member = Property.IsShadowProperty() ? null : Property.GetMemberInfo(forMaterialization: false, forSet: true);
    }

    public BulkColumn<TRow> Column { get; }

    public IProperty Property { get; }

    /// <summary>Whether a value that the database made can be set on the instance.</summary>
    public bool CanAssign => _member is not null;

    public bool IsDefault(TRow row, DbContext context) => _isDefault(row, context);

    /// <summary>Sets what PostgreSQL returned.</summary>
    public void AssignStored(TRow row, object? stored)
    {
        var converter = Property.GetTypeMapping().Converter;
        var type = Nullable.GetUnderlyingType(converter?.ProviderClrType ?? Property.ClrType) ?? converter?.ProviderClrType ?? Property.ClrType;
        var value = stored is null || type.IsInstanceOfType(stored) || stored is not IConvertible ? stored : Convert.ChangeType(stored, type, null);
        Assign(row, converter is null ? value : converter.ConvertFromProvider(value));
    }

    public void Assign(TRow row, object? value)
    {
        if (_member?.DeclaringType?.IsInstanceOfType(row) != true)
        {
            return;
        }

        if (_member is PropertyInfo property)
        {
            property.SetValue(row, value);
        }
        else
        {
            ((FieldInfo)_member).SetValue(row, value);
        }
    }
}
