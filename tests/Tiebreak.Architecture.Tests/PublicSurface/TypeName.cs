using System.Reflection;

namespace Tiebreak.Architecture.Tests.PublicSurface;

/// <summary>Writes a type as it is written in C#, with question marks where null is allowed.</summary>
internal static class TypeName
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
        [typeof(char)] = "char",
    };

    public static string Of(Type type, NullabilityInfo? nullability = null)
    {
        if (type.IsByRef)
        {
            return "ref " + Of(type.GetElementType()!, nullability?.ElementType);
        }

        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return Of(value) + "?";
        }

        // Of a parameter that may be either, reflection says "nullable" whether a question mark stands there or not.
        var says = !type.IsGenericParameter || type.GenericParameterAttributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint);
        var mark = says && (nullability?.ReadState == NullabilityState.Nullable || nullability?.WriteState == NullabilityState.Nullable) ? "?" : string.Empty;
        return (type.IsArray ? Of(type.GetElementType()!, nullability?.ElementType) + "[]" : Plain(type, nullability)) + mark;
    }

    /// <summary>A type's own name with its parameters, without its namespace.</summary>
    public static string Declared(Type type)
    {
        var outer = type.DeclaringType is { } declaring ? Declared(declaring) + "." : string.Empty;
        return outer + WithoutArity(type.Name) + Parameters(type.GetGenericArguments().Skip(type.DeclaringType?.GetGenericArguments().Length ?? 0).Select(Variance));
    }

    public static string Parameters(IEnumerable<string> names) => string.Join(", ", names) is { Length: > 0 } list ? $"<{list}>" : string.Empty;

    /// <summary>The <c>where</c> clauses of a type's or method's parameters.</summary>
    public static string Constraints(IEnumerable<Type> parameters) => string.Concat(parameters.Select(parameter =>
    {
        var flags = parameter.GenericParameterAttributes;
        var constraints = new List<string>();
        if (flags.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
        {
            constraints.Add("class");
        }

        if (flags.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint))
        {
            constraints.Add("struct");
        }

        constraints.AddRange(parameter.GetGenericParameterConstraints().Where(type => type != typeof(ValueType)).Select(type => Of(type)));
        return constraints.Count == 0 ? string.Empty : $" where {parameter.Name} : {string.Join(", ", constraints)}";
    }));

    private static string Plain(Type type, NullabilityInfo? nullability)
    {
        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        if (Keywords.TryGetValue(type, out var keyword))
        {
            return keyword;
        }

        var arguments = type.GetGenericArguments().Select((argument, i) => Of(argument, nullability?.GenericTypeArguments.ElementAtOrDefault(i)));
        return (type.DeclaringType is { } outer ? Plain(outer, null) : type.Namespace) + "." + WithoutArity(type.Name) + Parameters(arguments);
    }

    private static string Variance(Type parameter) => (parameter.GenericParameterAttributes & GenericParameterAttributes.VarianceMask) switch
    {
        GenericParameterAttributes.Contravariant => "in " + parameter.Name,
        GenericParameterAttributes.Covariant => "out " + parameter.Name,
        _ => parameter.Name,
    };

    private static string WithoutArity(string name) => name.Split('`')[0];
}
