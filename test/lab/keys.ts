import type { ReadStream } from "node:tty";

/** What a key asks for: the console of a machine (its number, 0: the fleet), or the end. */
export type Key = { readonly kind: "show"; readonly number: number } | { readonly kind: "end" };

/** Reads keys of a terminal one by one until the returned function is called. */
export function readKeys(terminal: ReadStream, onKey: (key: Key) => void): () => void {
	const listener = (bytes: Buffer): void => {
		for (const byte of bytes) {
			// In raw mode Ctrl-C is a byte like any other.
			if (byte === 0x03 || byte === 0x71) onKey({ kind: "end" });
			else if (byte >= 0x30 && byte <= 0x39) onKey({ kind: "show", number: byte - 0x30 });
		}
	};
	terminal.setRawMode(true);
	terminal.on("data", listener);
	terminal.resume();
	return () => {
		terminal.off("data", listener);
		terminal.setRawMode(false);
		terminal.pause();
	};
}
