import { parseArgs } from "node:util";
import type { z } from "zod";

/**
 * The options of a developer's program, each with one value. With `--help` it prints the usage and ends with 0; with what it does not
 * understand it names the option, prints the usage and ends with 2.
 */
export function commandLine<T extends z.ZodObject>(program: string, usage: string, schema: T): z.infer<T> {
	const words = process.argv.slice(2);
	if (words.includes("--help")) {
		process.stdout.write(usage);
		process.exit(0);
	}
	const wrong = (text: string): never => {
		process.stderr.write(`${program}: ${text}\n${usage}`);
		process.exit(2);
	};
	const options = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, { type: "string" as const }]));
	try {
		const read = schema.safeParse(parseArgs({ args: words, options }).values);
		if (read.success) return read.data;
		const [issue] = read.error.issues;
		return wrong(`--${String(issue?.path[0] ?? "")}: ${issue?.message ?? ""}`);
	} catch (error) {
		return wrong((error as Error).message);
	}
}
