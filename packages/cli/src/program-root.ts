import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The top of this program's tree: this file lies in its sources, or in its bundle. */
export const PROGRAM_ROOT = rootAbove(dirname(fileURLToPath(import.meta.url)));

/** Runs the program's TypeScript: this Node where it can, else the one that the setup installed. */
export const PROGRAM_NODE = process.features.typescript
	? process.execPath
	: join(PROGRAM_ROOT, "node_modules/.bin/node");

function rootAbove(folder: string): string {
	if (existsSync(join(folder, "packages/coordinator/src/main.ts"))) return folder;
	const above = dirname(folder);
	return above === folder ? folder : rootAbove(above);
}
