import type { TestCoordinator } from "./coordinator.ts";

/** The sum of all series of a metric whose labels are as given, from the coordinator's `/metrics`. */
export async function metric(
	coordinator: TestCoordinator,
	name: string,
	labels: Readonly<Record<string, string>> = {},
): Promise<number> {
	const text = await (await fetch(`${coordinator.url}/metrics`)).text();
	let sum = 0;
	for (const line of text.split("\n")) {
		const [, series, own = "", value] = /^([a-zA-Z_:]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
		if (series !== name) continue;
		const fits = Object.entries(labels).every(([key, wanted]) => own.includes(`${key}="${wanted}"`));
		if (fits) sum += Number(value);
	}
	return sum;
}
