/** An IPv4 network as a DHCP server names it: its first address, and the length of its prefix. Both are of checked addresses. */
export function networkOf({ start, netmask }: { start: string; netmask: string }): { address: string; length: number } {
	const [first, mask] = [start, netmask].map((text) => text.split(".").map(Number)) as [number[], number[]];
	const address = first.map((part, index) => part & (mask[index] ?? 0)).join(".");
	const ones = mask.reduce((sum, part) => sum + part.toString(2).replaceAll("0", "").length, 0);
	return { address, length: ones };
}
