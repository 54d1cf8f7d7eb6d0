import {
	type ClusterDocument,
	type Event,
	sha256Of,
	type TargetContent,
	type TargetFile,
	withoutAccounts,
} from "@rollcall/protocol";
import { isPrivate } from "../../render/operator-role.ts";

function hideFile(file: TargetFile): TargetFile {
	const bytes = Buffer.from(file.content, file.encoding);
	return { ...file, encoding: "utf8", content: sha256Of(bytes) };
}

/**
 * A target's content with the digest of each sensitive file in place of what it holds, and without names and passwords in addresses,
 * which documents of earlier versions may have.
 */
export function hideTargetSecrets(content: TargetContent): TargetContent {
	const files = content.files.map((file) => (file.sensitive ? hideFile(file) : file));
	return withoutAccountsIn({ ...content, files });
}

/** The same for a cluster document and the files that it defines. */
export function hideDocumentSecrets(document: ClusterDocument): ClusterDocument {
	const roles = Object.entries(document.roles).map(([name, role]) => [
		name,
		{ ...role, files: role.files.map((file) => (file.sensitive || isPrivate(file.mode) ? hideFile(file) : file)) },
	]);
	return withoutAccountsIn({ ...document, roles: Object.fromEntries(roles) });
}

/** A document for whoever may declare one: with all its files, but without names and passwords in addresses, which none has that is declared now. */
export function hideAccounts(document: ClusterDocument): ClusterDocument {
	return { ...withoutAccountsIn({ ...document, roles: {} }), roles: hideRoleAccounts(document.roles) };
}

function hideRoleAccounts(roles: ClusterDocument["roles"]): ClusterDocument["roles"] {
	// What its files hold is the operator's own text, and is to come back as it was.
	return Object.fromEntries(
		Object.entries(roles).map(([name, role]) => [
			name,
			{ ...withoutAccountsIn({ ...role, files: [] }), files: role.files },
		]),
	);
}

/** The same for an event; only declarations hold files and addresses. */
export function hideEventSecrets(event: Event): Event {
	return event.type === "cluster-declared" ? { ...event, document: hideDocumentSecrets(event.document) } : event;
}

/** A value of JSON in which no text has an address with a name or a password. */
function withoutAccountsIn<T>(value: T): T {
	if (typeof value === "string") return withoutAccounts(value) as T;
	if (Array.isArray(value)) return value.map(withoutAccountsIn) as T;
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutAccountsIn(one)])) as T;
}
