using System.Text;
using Utp.Messages;

/// <summary>One line of the chat. On the wire it is one frame: the text is the payload, who and what are its metadata.</summary>
record Message(char Kind, string Nick, string Text = "")
{
    public const char Joins = 'j', Says = 's', Leaves = 'l';

    public override string ToString() => Kind switch { Joins => $"* {Nick} joins", Leaves => $"* {Nick} leaves", _ => $"{Nick}: {Text}" };

    #region metadata
    public Write ToWrite() => new(Encoding.UTF8.GetBytes(Text)) { Metadata = Encoding.UTF8.GetBytes(Kind + Nick) };

    public static Message? From(Received received)
    {
        var metadata = Encoding.UTF8.GetString(received.Metadata.Span);
        return metadata.Length < 2 ? null : new(metadata[0], metadata[1..], Encoding.UTF8.GetString(received.Data.Span));
    }
    #endregion
}
