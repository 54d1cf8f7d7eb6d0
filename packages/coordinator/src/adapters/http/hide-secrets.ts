import { type ClusterDocument, type Event, sha256Of, type TargetContent, type TargetFile } from "@rollcall/protocol";
import { isPrivate } from "../../render/operator-role.ts";

function hideFile(file: TargetFile): TargetFile {
	const bytes = Buffer.from(file.content, file.encoding);
	return { ...file, encoding: "utf8", content: sha256Of(bytes) };
}

/** A target's content with the digest of each sensitive file in place of what it holds. */
export function hideTargetSecrets(content: TargetContent): TargetContent {
	return { ...content, files: content.files.map((file) => (file.sensitive ? hideFile(file) : file)) };
}

/** The same for the files that a cluster document defines. */
export function hideDocumentSecrets(document: ClusterDocument): ClusterDocument {
	const roles = Object.entries(document.roles).map(([name, role]) => [
		name,
		{ ...role, files: role.files.map((file) => (file.sensitive || isPrivate(file.mode) ? hideFile(file) : file)) },
	]);
	return { ...document, roles: Object.fromEntries(roles) };
}

/** The same for an event; only declarations hold files. */
export function hideEventSecrets(event: Event): Event {
	return event.type === "cluster-declared" ? { ...event, document: hideDocumentSecrets(event.document) } : event;
}
