using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Tiebreak.Architecture.Tests.PublicSurface;

/// <summary>Writes everything of an assembly that others can use: a line a type, and below it a line a member, sorted.</summary>
internal static class SurfaceText
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    public static string Of(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var space in assembly.GetTypes().Where(IsVisible).GroupBy(type => type.Namespace).OrderBy(space => space.Key, StringComparer.Ordinal))
        {
            text.Append("namespace ").Append(space.Key).Append('\n');
            foreach (var type in space.OrderBy(TypeName.Declared, StringComparer.Ordinal))
            {
                text.Append('\n').Append(Header(type)).Append('\n');
                foreach (var member in Members(type).Order(StringComparer.Ordinal))
                {
                    text.Append("    ").Append(member).Append('\n');
                }
            }

            text.Append('\n');
        }

        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static bool IsVisible(Type type) =>
        !type.Name.StartsWith('<') && (type.IsPublic || ((type.IsNestedPublic || type.IsNestedFamily || type.IsNestedFamORAssem) && IsVisible(type.DeclaringType!)));

    private static bool IsVisible(MethodBase? method) => method is not null && (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly);

    private static string Header(Type type)
    {
        var bases = new[] { type.BaseType }.Where(super => super is not null && super != typeof(object) && super != typeof(ValueType) && super != typeof(Enum) && super != typeof(MulticastDelegate))
            .Concat(type.GetInterfaces().Where(face => !type.IsEnum && !(type.BaseType?.GetInterfaces().Contains(face) ?? false)).OrderBy(face => face.FullName ?? face.Name, StringComparer.Ordinal))
            .Select(used => TypeName.Of(used!));
        var list = string.Join(", ", bases);
        return $"{Marks(type)}{Access(type)} {Kind(type)} {TypeName.Declared(type)}{(list.Length > 0 ? " : " + list : string.Empty)}{TypeName.Constraints(type.GetGenericArguments())}";
    }

    private static string Access(Type type) => type.IsPublic || type.IsNestedPublic ? "public" : "protected";

    private static string Kind(Type type)
    {
        if (type.IsEnum)
        {
            return "enum";
        }

        if (type.IsInterface)
        {
            return "interface";
        }

        var record = type.GetMethod("<Clone>$", Declared) is not null ? "record " : string.Empty;
        return type.IsValueType
            ? (type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly struct" : "struct")
            : (type.IsAbstract ? (type.IsSealed ? "static " : "abstract ") : type.IsSealed ? "sealed " : string.Empty) + record + (typeof(Delegate).IsAssignableFrom(type) ? "delegate" : "class");
    }

    private static IEnumerable<string> Members(Type type) =>
        type.IsEnum
            ? Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt64(Enum.Parse(type, name), CultureInfo.InvariantCulture)}")
            : Constructors(type).Concat(Methods(type)).Concat(Properties(type)).Concat(Fields(type)).Concat(Events(type));

    private static IEnumerable<string> Constructors(Type type) =>
        type.GetConstructors(Declared).Where(constructor => !constructor.IsStatic && IsVisible(constructor))
            .Select(constructor => $"{Marks(constructor)}{Modifiers(constructor)}{TypeName.Declared(type).Split('<')[0]}({Parameters(constructor)})");

    private static IEnumerable<string> Methods(Type type) =>
        type.GetMethods(Declared).Where(method => IsVisible(method) && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)) && !method.IsDefined(typeof(CompilerGeneratedAttribute)))
            .Select(method => $"{Marks(method)}{Modifiers(method)}{TypeName.Of(method.ReturnType, new NullabilityInfoContext().Create(method.ReturnParameter))} {method.Name}" +
                              $"{TypeName.Parameters(method.GetGenericArguments().Select(argument => argument.Name))}({Parameters(method)}){TypeName.Constraints(method.GetGenericArguments())}");

    private static IEnumerable<string> Properties(Type type) =>
        from property in type.GetProperties(Declared)
        let accessors = new[] { Accessor(property.GetMethod, "get"), Accessor(property.SetMethod, IsInit(property) ? "init" : "set") }
        where accessors.Any(accessor => accessor.Length > 0) && property.Name != "EqualityContract"
        let owner = IsVisible(property.GetMethod) ? property.GetMethod! : property.SetMethod!
        let required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : string.Empty
        let index = property.GetIndexParameters().Length > 0 ? $"[{Parameters(owner)}]" : string.Empty
        select $"{Marks(property)}{Modifiers(owner)}{required}{TypeName.Of(property.PropertyType, new NullabilityInfoContext().Create(property))} {property.Name}{index} {{ {string.Concat(accessors)}}}";

    private static IEnumerable<string> Fields(Type type) =>
        type.GetFields(Declared).Where(field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly)
            .Select(field => $"{Marks(field)}{(field.IsPublic ? "public" : "protected")} {(field.IsLiteral ? "const " : field.IsStatic ? "static " : string.Empty)}{(field.IsInitOnly ? "readonly " : string.Empty)}" +
                             $"{TypeName.Of(field.FieldType, new NullabilityInfoContext().Create(field))} {field.Name}{(field.IsLiteral ? " = " + Value(field.GetRawConstantValue()) : string.Empty)}");

    private static IEnumerable<string> Events(Type type) =>
        type.GetEvents(Declared).Where(e => IsVisible(e.AddMethod)).Select(e => $"{Modifiers(e.AddMethod!)}event {TypeName.Of(e.EventHandlerType!)} {e.Name}");

    private static string Accessor(MethodInfo? accessor, string name) => IsVisible(accessor) ? (accessor!.IsPublic ? string.Empty : "protected ") + name + "; " : string.Empty;

    private static bool IsInit(PropertyInfo property) =>
        property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) == true;

    private static string Modifiers(MethodBase method)
    {
        if (method.DeclaringType!.IsInterface)
        {
            return method.IsStatic ? "static " : method.IsAbstract ? string.Empty : "virtual ";
        }

        var access = method.IsPublic ? "public " : "protected ";
        if (method.IsStatic || method is not MethodInfo info || !method.IsVirtual)
        {
            return access + (method.IsStatic ? "static " : string.Empty);
        }

        var isOverride = info.GetBaseDefinition() != info;
        var final = method.IsFinal ? (isOverride ? "sealed " : string.Empty) : string.Empty;
        return access + final + (method.IsAbstract ? "abstract " : isOverride ? "override " : method.IsFinal ? string.Empty : "virtual ");
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select((parameter, i) =>
    {
        var kind = i == 0 && method.IsDefined(typeof(ExtensionAttribute)) ? "this " : parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : string.Empty;
        var type = TypeName.Of(parameter.ParameterType, new NullabilityInfoContext().Create(parameter));
        if (parameter.ParameterType.IsByRef)
        {
            type = parameter.IsOut ? "out" + type[3..] : parameter.IsIn ? "in" + type[3..] : type;
        }

        return $"{kind}{type} {parameter.Name}{(parameter.HasDefaultValue ? " = " + Value(parameter.DefaultValue) : string.Empty)}";
    }));

    private static string Value(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    /// <summary>Attributes that change what a user may do.</summary>
    private static string Marks(MemberInfo member) => string.Concat(
        member.GetCustomAttributesData().Select(attribute => attribute.AttributeType.Name)
            .Where(name => name is "ObsoleteAttribute" or "ExperimentalAttribute" or "FlagsAttribute").Order(StringComparer.Ordinal).Select(name => $"[{name[..^"Attribute".Length]}] "));
}
