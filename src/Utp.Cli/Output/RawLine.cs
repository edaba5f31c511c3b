using Spectre.Console.Rendering;

namespace Utp.Cli;

/// <summary>A line as it is, however narrow the terminal: that wraps it, and a copied hash or path stays whole.</summary>
internal sealed class RawLine(string text) : IRenderable
{
    /// <inheritdoc/>
    public Measurement Measure(RenderOptions options, int maxWidth) => new(1, maxWidth);

    /// <inheritdoc/>
    public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => [new Segment(text), Segment.LineBreak];
}
