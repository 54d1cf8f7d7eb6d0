import * as types from "@kubernetes/client-node";

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
