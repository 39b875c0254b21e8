using System.Reflection;

namespace Tiebreak.Architecture.Tests.Support;

/// <summary>A type, or a member of it, that some code uses, and where.</summary>
/// <param name="Where">The method, field or type that uses it.</param>
/// <param name="Type">What is used.</param>
/// <param name="Member">The used member, if it is one.</param>
internal sealed record Use(string Where, Type Type, MemberInfo? Member)
{
    public override string ToString() => $"{Where} uses {Type.FullName}{(Member is null ? string.Empty : "." + Member.Name)}";
}

/// <summary>
/// Everything that a type uses, read from the compiled code: what <c>var</c>, a lambda, an async method or an extension
/// method hides from the eye stands here by its real type.
/// </summary>
internal static class TypeUses
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    /// <summary>The types that a programmer wrote at the outermost level; what the compiler nests in them belongs to them.</summary>
    public static IEnumerable<Type> Outermost(Assembly assembly) => assembly.GetTypes().Where(type => !type.IsNested && !type.Name.StartsWith('<'));

    /// <summary>The uses of an outermost type and of all that is nested in it.</summary>
    public static IEnumerable<Use> Of(Type type) =>
        OfOne(type).Concat(type.GetNestedTypes(Declared).SelectMany(Of)).Distinct();

    private static IEnumerable<Use> OfOne(Type type)
    {
        foreach (var used in Parts(type.BaseType).Concat(type.GetInterfaces().SelectMany(Parts)).Concat(Attributes(type)))
        {
            yield return new Use(type.FullName!, used, null);
        }

        foreach (var field in type.GetFields(Declared))
        {
            foreach (var used in Parts(field.FieldType).Concat(Attributes(field)))
            {
                yield return new Use($"{type.FullName}.{field.Name}", used, null);
            }
        }

        foreach (var method in type.GetConstructors(Declared).Concat<MethodBase>(type.GetMethods(Declared)))
        {
            foreach (var use in OfMethod($"{type.FullName}.{method.Name}", method))
            {
                yield return use;
            }
        }
    }

    private static IEnumerable<Use> OfMethod(string where, MethodBase method)
    {
        foreach (var used in Signature(method).Concat(Attributes(method)))
        {
            yield return new Use(where, used, null);
        }

        if (method.GetMethodBody() is not { } body)
        {
            yield break;
        }

        var local = body.LocalVariables.Select(variable => variable.LocalType)
            .Concat(body.ExceptionHandlingClauses.Where(clause => clause.Flags == ExceptionHandlingClauseOptions.Clause).Select(clause => clause.CatchType));
        foreach (var used in local.SelectMany(Parts))
        {
            yield return new Use(where, used, null);
        }

        foreach (var member in Il.Members(method, body))
        {
            foreach (var use in OfMember(where, member))
            {
                yield return use;
            }
        }
    }

    private static IEnumerable<Use> OfMember(string where, MemberInfo member)
    {
        foreach (var used in Parts(member as Type ?? member.DeclaringType))
        {
            yield return new Use(where, used, member is Type ? null : member);
        }

        var further = member switch
        {
            MethodBase called => Signature(called).Concat(called.IsGenericMethod ? called.GetGenericArguments().SelectMany(Parts) : []),
            FieldInfo field => Parts(field.FieldType),
            _ => [],
        };
        foreach (var used in further)
        {
            yield return new Use(where, used, null);
        }
    }

    private static IEnumerable<Type> Signature(MethodBase method) =>
        method.GetParameters().Select(parameter => parameter.ParameterType).Append(method is MethodInfo info ? info.ReturnType : typeof(void)).SelectMany(Parts);

    private static IEnumerable<Type> Attributes(MemberInfo member) =>
        member.GetCustomAttributesData().SelectMany(attribute =>
            Parts(attribute.AttributeType).Concat(attribute.ConstructorArguments.Where(argument => argument.Value is Type).SelectMany(argument => Parts((Type)argument.Value!))));

    /// <summary>A type with everything it is put together from: of <c>Task&lt;Row[]&gt;</c>, Task and Row.</summary>
    private static IEnumerable<Type> Parts(Type? type)
    {
        while (type is { HasElementType: true })
        {
            type = type.GetElementType();
        }

        if (type is null || type.IsGenericParameter)
        {
            return type?.GetGenericParameterConstraints().Where(constraint => !constraint.IsGenericType).SelectMany(Parts) ?? [];
        }

        return type.IsGenericType
            ? type.GetGenericArguments().SelectMany(Parts).Prepend(type.GetGenericTypeDefinition())
            : [type];
    }
}
