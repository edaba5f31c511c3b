namespace Utp.Protocol;

/// <summary>
/// What all connections of one remote address may make us keep together: an account in each budget, so that who fills one is refused before its neighbours are (design notes 0031, 0051).
/// </summary>
/// <param name="Reorder">In <see cref="ConnectionOptions.ReorderBudget"/>; null: the connection has an account of its own.</param>
/// <param name="Unread">In <see cref="ConnectionOptions.UnreadBudget"/>; null: the connection has an account of its own.</param>
public readonly record struct AddressMemory(MemoryBudget? Reorder, MemoryBudget? Unread);
