using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Utp.Architecture.Tests;

/// <summary>What a built assembly names: other assemblies, and their types. Read from its metadata, without loading it.</summary>
internal sealed record AssemblyReferences(string Name, IReadOnlyList<string> Assemblies, IReadOnlyList<string> Types)
{
    public static AssemblyReferences Of(string path)
    {
        using var stream = File.OpenRead(path);
        using var file = new PEReader(stream);
        var metadata = file.GetMetadataReader();
        return new AssemblyReferences(
            metadata.GetString(metadata.GetAssemblyDefinition().Name),
            [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))],
            [.. metadata.TypeReferences.Select(handle => FullName(metadata, metadata.GetTypeReference(handle)))]);
    }

    private static string FullName(MetadataReader metadata, TypeReference type)
    {
        // A nested type names its container instead of a namespace.
        if (type.ResolutionScope.Kind == HandleKind.TypeReference)
        {
            var container = metadata.GetTypeReference((TypeReferenceHandle)type.ResolutionScope);
            return $"{FullName(metadata, container)}.{metadata.GetString(type.Name)}";
        }

        return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
    }
}
