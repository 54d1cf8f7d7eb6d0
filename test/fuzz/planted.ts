import { bytesOf, holds, type Parser, refused, TAKEN, textOf } from "./parser.ts";

/** Parsers with faults that a run has to find: what they do is said by their names. */
export const parsers: readonly Parser[] = [
	{
		name: "throws",
		seeds: () => [bytesOf({ list: [{ name: "a" }, { name: "b" }], more: { deep: [1, 2, 3] } })],
		feed(bytes) {
			let value: { list?: { name: string }[] };
			try {
				value = JSON.parse(textOf(bytes));
			} catch {
				return refused("not JSON");
			}
			if (!Array.isArray(value?.list)) return refused("no list");
			return value.list.every((one) => one.name.length > 0) ? TAKEN : refused("no name");
		},
	},
	{
		name: "lies",
		seeds: () => [bytesOf("key=value")],
		feed(bytes) {
			holds(!textOf(bytes).includes("{"), "it gave what cannot be written again");
			return TAKEN;
		},
	},
	{
		name: "sound",
		seeds: () => [bytesOf("a"), bytesOf({ a: 1 })],
		feed: (bytes) => (bytes.length > 3 ? TAKEN : refused("too short")),
	},
];
