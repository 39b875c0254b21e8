using System.Reflection;
using Tiebreak.Architecture.Tests.Support;

namespace Tiebreak.Architecture.Tests.Layers;

/// <summary>The folders of a project and which of them uses which, read from the compiled code. The project's root is a folder too.</summary>
internal sealed class Folders
{
    public const string Root = "(root)";

    private readonly Dictionary<string, Dictionary<string, Use>> _uses = new(StringComparer.Ordinal);

    /// <param name="assembly">The project.</param>
    /// <param name="root">The namespace of its root folder.</param>
    /// <param name="isAllowed">Uses that do not count, each for a reason of its own.</param>
    public Folders(Assembly assembly, string root, Func<Use, bool> isAllowed)
    {
        foreach (var type in TypeUses.Outermost(assembly))
        {
            if (FolderOf(type, root) is not { } folder)
            {
                continue;
            }

            foreach (var use in TypeUses.Of(type).Where(use => use.Type.Assembly == assembly))
            {
                if (FolderOf(use.Type, root) is { } other && other != folder && !isAllowed(use))
                {
                    (_uses.TryGetValue(folder, out var uses) ? uses : _uses[folder] = new(StringComparer.Ordinal)).TryAdd(other, use);
                }
            }
        }
    }

    /// <summary>Every use that is part of a circle: who uses, who is used, and a place where.</summary>
    public IEnumerable<string> Circles() =>
        from folder in _uses.Keys.Order(StringComparer.Ordinal)
        from other in _uses[folder].Keys.Order(StringComparer.Ordinal)
        where Reaches(other, folder)
        select $"{folder} -> {other}: {_uses[folder][other]}";

    private bool Reaches(string start, string end)
    {
        var seen = new HashSet<string>([start], StringComparer.Ordinal);
        var open = new Queue<string>(seen);
        while (open.TryDequeue(out var folder))
        {
            if (folder == end)
            {
                return true;
            }

            foreach (var next in (_uses.GetValueOrDefault(folder)?.Keys ?? Enumerable.Empty<string>()).Where(seen.Add))
            {
                open.Enqueue(next);
            }
        }

        return false;
    }

    /// <summary>The folder right below the root; none for what the compiler adds.</summary>
    private static string? FolderOf(Type type, string root)
    {
        while (type.DeclaringType is { } outer)
        {
            type = outer;
        }

        return type.Namespace == root ? Root
            : type.Namespace?.StartsWith(root + ".", StringComparison.Ordinal) == true ? type.Namespace[(root.Length + 1)..].Split('.')[0]
            : null;
    }
}
