import { type ClusterDocument, type Event, sha256Of, type TargetContent, type TargetFile } from "@rollcall/protocol";

/** True for files that others on the node may not read (0600, 0640, 0700): keys, tokens, kubeconfigs. */
function isSecret(file: TargetFile): boolean {
	return (Number.parseInt(file.mode, 8) & 0o004) === 0;
}

function hideFile(file: TargetFile): TargetFile {
	if (!isSecret(file)) return file;
	const bytes = Buffer.from(file.content, file.encoding);
	return { ...file, encoding: "utf8", content: sha256Of(bytes) };
}

/** A target's content with the digest of each secret file in place of what it holds. */
export function hideTargetSecrets(content: TargetContent): TargetContent {
	return { ...content, files: content.files.map(hideFile) };
}

/** The same for the files that a cluster document defines. */
export function hideDocumentSecrets(document: ClusterDocument): ClusterDocument {
	const roles = Object.entries(document.roles).map(([name, role]) => [
		name,
		{ ...role, files: role.files.map(hideFile) },
	]);
	return { ...document, roles: Object.fromEntries(roles) };
}

/** The same for an event; only declarations hold files. */
export function hideEventSecrets(event: Event): Event {
	return event.type === "cluster-declared" ? { ...event, document: hideDocumentSecrets(event.document) } : event;
}
