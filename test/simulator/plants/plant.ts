/** A fault that somebody could make, or made once, as a change of one file's text. */
export interface Plant {
	/** Below `packages/`. */
	readonly file: string;
	/** Throws an Error when the file is not any more what the fault was made for. */
	readonly change: (source: string) => string;
	/** What else has to be as wrong, since it does the same once more: with one of both alone nothing comes of the fault. */
	readonly also?: readonly Plant[];
}

/** All files that a fault changes, each once. */
export function partsOf(plant: Plant): readonly Plant[] {
	return [plant, ...(plant.also ?? [])];
}

const HELP = `
const mapMachines = (fleet, change) => ({ ...fleet, machines: fleet.machines.map(change) });
const mapSlots = (fleet, change) => fleet.cluster ? { ...fleet, cluster: { ...fleet.cluster,
	document: { ...fleet.cluster.document, slots: fleet.cluster.document.slots.map(change) } } } : fleet;
const without = (drafts, type) => drafts.filter((draft) => draft.type !== type);
`;

/** One text in place of another, which must stand there once. */
export function swapped(file: string, from: string, to: string): Plant {
	return {
		file,
		change: (source) => {
			const parts = source.split(from);
			if (parts.length !== 2) throw new Error(`${file} has the text ${JSON.stringify(from)} ${parts.length - 1} times`);
			return parts.join(to);
		},
	};
}

/** Several texts of one file, each in place of another one. */
export function allSwapped(file: string, ...pairs: readonly (readonly [from: string, to: string])[]): Plant {
	const plants = pairs.map(([from, to]) => swapped(file, from, to));
	return { file, change: (source) => plants.reduce((text, { change }) => change(text), source) };
}

/** A function in place of an exported one, which it may call as `real`. It takes and gives the same; `code` is JavaScript. */
export function wrapped(file: string, name: string, code: string): Plant {
	const plant = swapped(file, `export function ${name}(`, `function real(`);
	return {
		file,
		change: (source) =>
			`${plant.change(source)}\n${HELP}\nexport function ${name}(...given) { return (${code})(...given); }\n`,
	};
}
