import * as types from "@kubernetes/client-node";
import type { Manifest } from "../../src/render/addons/manifest.ts";

interface Model {
	getAttributeTypeMap(): readonly { readonly name: string; readonly baseName: string; readonly type: string }[];
}

const PLAIN: Readonly<Record<string, (value: unknown) => boolean>> = {
	string: (value) => typeof value === "string",
	number: (value) => typeof value === "number",
	boolean: (value) => typeof value === "boolean",
	any: () => true,
	IntOrString: (value) => typeof value === "string" || typeof value === "number",
};

/** Kinds of Calico's own that are applied, and their fields (projectcalico/v3 IPPoolSpec): the official client has no models of them. */
const OWN_KINDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	"crd.projectcalico.org/v1 IPPool": {
		allowedUses: "Array<string>",
		assignmentMode: "string",
		blockSize: "number",
		cidr: "string",
		ipipMode: "string",
		natOutgoing: "boolean",
		nodeSelector: "string",
		vxlanMode: "string",
	},
};

/** What does not fit the types of the Kubernetes API in an object that is applied. Objects of kinds that others define need their definition before them. */
export function addOnMisfits(manifests: readonly Manifest[]): string[] {
	const defined = new Set<string>();
	return manifests.flatMap((manifest) => {
		const { apiVersion, kind, metadata } = manifest;
		if (kind === "CustomResourceDefinition") {
			const { group, names, versions } = manifest.spec as Definition;
			for (const { name } of versions) defined.add(`${group}/${name} ${names.kind}`);
		}
		const fields = OWN_KINDS[`${apiVersion} ${kind}`];
		if (!fields) return misfits(manifest, `V1${kind}`);
		const path = `${kind} ${metadata.name}`;
		const spec = Object.entries(manifest.spec as object).flatMap(([key, value]) =>
			fields[key] === undefined
				? [`${path}.spec.${key}: there is no such field`]
				: misfits(value, fields[key], `${path}.${key}`),
		);
		const undefinedKind = defined.has(`${apiVersion} ${kind}`) ? [] : [`${path}: its kind is not defined before it`];
		return [...undefinedKind, ...misfits(metadata, "V1ObjectMeta", path), ...spec];
	});
}

interface Definition {
	readonly group: string;
	readonly names: { readonly kind: string };
	readonly versions: readonly { readonly name: string }[];
}

/**
 * What does not fit the types of the Kubernetes API: fields that it does not know, and values of another type. kubelet and
 * the API server take much of this in silence. `type` is a model of the official client, like `V1Pod`.
 */
export function misfits(value: unknown, type: string, path: string = type): string[] {
	const [, item] = /^Array<(.*)>$/.exec(type) ?? [];
	if (item !== undefined) {
		if (!Array.isArray(value)) return [`${path}: a list is wanted`];
		return value.flatMap((entry, index) => misfits(entry, item, `${path}[${index}]`));
	}
	const [, entry] = /^\{ \[key: string\]: (.*); \}$/.exec(type) ?? [];
	const plain = PLAIN[type];
	if (plain) return plain(value) ? [] : [`${path}: ${type} is wanted`];
	if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${path}: an object is wanted`];
	if (entry !== undefined) {
		return Object.entries(value).flatMap(([key, inner]) => misfits(inner, entry, `${path}.${key}`));
	}
	const model = (types as unknown as Record<string, Model | undefined>)[type];
	if (!model?.getAttributeTypeMap) return [`${path}: the API has no type ${type}`];
	const fields = new Map(model.getAttributeTypeMap().map((field) => [field.baseName, field.type]));
	return Object.entries(value).flatMap(([key, inner]) => {
		const wanted = fields.get(key);
		return wanted === undefined
			? [`${path}.${key}: ${type} has no such field`]
			: misfits(inner, wanted, `${path}.${key}`);
	});
}
