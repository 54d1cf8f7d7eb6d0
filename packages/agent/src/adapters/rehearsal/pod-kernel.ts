import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { networkChanges } from "../../domain/pod-kernel.ts";
import type { PodKernel } from "../../ports.ts";

/**
 * The stand-in for a kernel: a file below the rehearsed machine's root that says what ip(8) and bridge(8) would be told on a machine that
 * has none of it. The computer's own routes are not touched.
 */
export function createRehearsedKernel(root: string): PodKernel {
	const folder = `${root}/run/rollcall`;
	const file = `${folder}/pod-network`;
	let written = "";
	return {
		async bring(wanted) {
			const { devices, forwarding, routes } = networkChanges(wanted, { ways: [], tunnel: undefined });
			const lines = [...devices, ...forwarding, ...routes];
			const text = lines.map((line) => `${line}\n`).join("");
			if (text === written) return 0;
			mkdirSync(folder, { recursive: true });
			writeFileSync(file, text);
			written = text;
			return lines.length;
		},
		async clear() {
			rmSync(file, { force: true });
			written = "";
		},
	};
}
