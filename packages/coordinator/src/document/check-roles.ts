import {
	isWritable,
	NO_ROLE,
	type ProgramArtifact,
	type RoleDefinition,
	suggestion,
	TARGET_LIMITS,
} from "@rollcall/protocol";
import { messageBytes } from "../render/message-bytes.ts";
import { PLACEHOLDERS, unknownPlaceholders } from "../render/placeholders.ts";
import type { Check, DocumentPath, Finding } from "./finding.ts";

/** Roles of the operator: known placeholders, each path, unit and component once, base64 where it is said. */
export const checkRoles: Check = ({ roles, kubernetes }) => ({
	findings: [
		...Object.entries(roles).flatMap(([name, role]) => checkRole(["roles", name], role)),
		...checkArtifacts(["kubernetes", "artifacts"], kubernetes.artifacts),
	],
});

/** Programs land where agents write, each path once, those that are unpacked too; none where a file of the role is. */
function checkArtifacts(
	at: DocumentPath,
	artifacts: readonly ProgramArtifact[],
	files: readonly { readonly path: string }[] = [],
): Finding[] {
	const paths = artifacts.flatMap(({ path, unpack = [], arch: of }, index) => [
		{ path: [...at, index, "path"], file: path, of },
		...unpack.map((member, inner) => ({ path: [...at, index, "unpack", inner, "path"], file: member.path, of })),
	]);
	// Machines of different architectures never get the same one.
	const twice = new Map(
		(["x64", "arm64"] as const).flatMap((arch) =>
			repeated(paths.map(({ file, of }, index) => (of === undefined || of === arch ? file : `${index}`))),
		),
	);
	return paths.flatMap(({ path, file }, index) => [
		...outside(path, file, "/opt/rollcall/bin"),
		...(twice.has(index) ? [{ path, message: `two artifacts lead to ${file}` }] : []),
		...(files.some((one) => one.path === file) ? [{ path, message: `${file} is a file of the role, too` }] : []),
	]);
}

function tooLarge(path: DocumentPath, role: RoleDefinition): Finding[] {
	const bytes = messageBytes(role.files);
	if (bytes <= TARGET_LIMITS.totalBytes) return [];
	const message = `the files take ${bytes} bytes of a message, at most ${TARGET_LIMITS.totalBytes} fit`;
	return [{ path: [...path, "files"], message, suggestion: "let the machine fetch what is large" }];
}

function outside(path: DocumentPath, file: string, instead: string): Finding[] {
	if (isWritable(file)) return [];
	const name = file.slice(file.lastIndexOf("/") + 1);
	return [{ path, message: `no agent writes there: ${file}`, suggestion: `a path like ${instead}/${name}` }];
}

function checkRole(path: DocumentPath, role: RoleDefinition): Finding[] {
	return [
		...(path.at(-1) === NO_ROLE
			? [{ path, message: `${NO_ROLE} stands for machines without a role`, suggestion: "another name for the role" }]
			: []),
		...tooLarge(path, role),
		...checkArtifacts([...path, "artifacts"], role.artifacts, role.files),
		...role.files.flatMap((file, index) => outside([...path, "files", index, "path"], file.path, "/etc/rollcall/role")),
		...role.files.flatMap((file, index) => {
			const at = [...path, "files", index, "content"];
			if (file.encoding === "base64") {
				return isBase64(file.content) ? [] : [{ path: at, message: "is not base64 (RFC 4648, with padding)" }];
			}
			return unknownPlaceholders(file.content).map((placeholder) => ({
				path: at,
				message: `{{${placeholder.slice(0, 80)}}} stands for nothing; for a literal {{ write {{{{`,
				suggestion: suggestion(placeholder, PLACEHOLDERS),
			}));
		}),
		...repeated(role.files.map(({ path: file }) => file)).map(([index, file]) => ({
			path: [...path, "files", index, "path"],
			message: `the file ${file} is there twice`,
		})),
		...repeated(role.units.map(({ name }) => name)).map(([index, unit]) => ({
			path: [...path, "units", index, "name"],
			message: `the unit ${unit} is there twice`,
		})),
		...repeated(role.probes.map(({ component }) => component)).map(([index, component]) => ({
			path: [...path, "probes", index, "component"],
			message: `the component ${component} has another probe`,
		})),
	];
}

function repeated(names: readonly string[]): (readonly [number, string])[] {
	return names.flatMap((name, index) => (names.indexOf(name) < index ? [[index, name] as const] : []));
}

function isBase64(text: string): boolean {
	return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
