import type { z } from "zod";
import { EtcdError } from "../../errors.ts";

/** An answer of etcd's JSON gateway. Throws EtcdError for what is none, such as a page of a proxy in between. */
export function readAnswer<S extends z.ZodType>(schema: S, text: string): z.output<S> {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		throw new EtcdError(`etcd's answer is no JSON: ${text.slice(0, 80)}`);
	}
	const read = schema.safeParse(value);
	if (read.success) return read.data;
	const [issue] = read.error.issues;
	throw new EtcdError(`etcd's answer cannot be read: ${issue?.path.join(".").slice(0, 80)}: ${issue?.message}`);
}
