import { RecordedScope, scopeNow } from "@rollcall/protocol";
import { impossibleOf } from "./targets/impossible.ts";

/** Scopes of tokens by the names that they have now. */
export function withScopesNow<Fields extends { readonly tokens?: unknown }>(fields: Fields): Fields {
	if (!Array.isArray(fields.tokens)) return fields;
	const tokens = fields.tokens.map((token: { scope?: unknown }) => {
		const scope = RecordedScope.safeParse(token?.scope);
		return scope.success ? { ...token, scope: scopeNow(scope.data) } : token;
	});
	return { ...fields, tokens };
}

/** Why machines have no target, with a kind; earlier versions kept the words alone. */
export function withKindsNow(fields: { readonly machines?: unknown }): unknown {
	if (!Array.isArray(fields.machines)) return fields;
	const machines = fields.machines.map((machine: { impossible?: unknown }) => {
		const { impossible } = machine ?? {};
		return typeof impossible === "string" ? { ...machine, impossible: impossibleOf({ reason: impossible }) } : machine;
	});
	return { ...fields, machines };
}
