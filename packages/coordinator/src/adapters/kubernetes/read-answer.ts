import type { z } from "zod";
import { KubernetesError } from "../../errors.ts";

/** An answer of the API. Throws KubernetesError for what is none, such as a page of a proxy in between. */
export function readAnswer<S extends z.ZodType>(
	schema: S,
	text: string,
	{ kind, name }: { readonly kind: string; readonly name: string },
): z.output<S> {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		throw new KubernetesError(`${kind} ${name}: the API's answer is no JSON: ${text.slice(0, 80)}`);
	}
	return readPart(schema, value, { kind, name });
}

/** The same for a part of an answer. */
export function readPart<S extends z.ZodType>(
	schema: S,
	value: unknown,
	{ kind, name }: { readonly kind: string; readonly name: string },
): z.output<S> {
	const read = schema.safeParse(value);
	if (read.success) return read.data;
	const [issue] = read.error.issues;
	const where = issue?.path.join(".").slice(0, 80);
	throw new KubernetesError(
		`${kind} ${name}: the API's answer cannot be read: ${where}: ${issue?.message.slice(0, 200)}`,
	);
}
