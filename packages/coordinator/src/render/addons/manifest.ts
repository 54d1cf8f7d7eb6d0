/** An object of the Kubernetes API, as it is applied. */
export interface Manifest {
	readonly apiVersion: string;
	readonly kind: string;
	readonly metadata: {
		readonly name: string;
		readonly namespace?: string;
		readonly labels?: Readonly<Record<string, string>>;
		readonly annotations?: Readonly<Record<string, string>>;
		/** Given by the API when an object is read; never applied. */
		readonly resourceVersion?: string;
		/** Given by the API while an object is being deleted; never applied. */
		readonly deletionTimestamp?: string;
	};
	readonly [field: string]: unknown;
}

/** Where an object is: enough to find and to remove it. */
export interface ManifestRef {
	readonly apiVersion: string;
	readonly kind: string;
	readonly name: string;
	readonly namespace?: string;
}

/** The place of a manifest. */
export function refOf({ apiVersion, kind, metadata: { name, namespace } }: Manifest): ManifestRef {
	return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** A reference in words, and the key by which two are the same object: `ConfigMap kube-system/coredns`. */
export function refText({ apiVersion, kind, name, namespace }: ManifestRef): string {
	const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0]}` : "";
	return `${kind}${group} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/**
 * True when everything that is wanted is there: each field of `wanted` has the same value in `live`, which may have more
 * fields (defaults, status, what others own). Lists are compared as a whole, item by item.
 */
export function covers(live: unknown, wanted: unknown): boolean {
	if (wanted === undefined) return true;
	if (Array.isArray(wanted)) {
		return (
			Array.isArray(live) && live.length === wanted.length && wanted.every((item, index) => covers(live[index], item))
		);
	}
	if (typeof wanted === "object" && wanted !== null) {
		if (typeof live !== "object" || live === null) return isEmpty(wanted);
		return Object.entries(wanted).every(([key, value]) => covers((live as Record<string, unknown>)[key], value));
	}
	return live === wanted;
}

// The API leaves out what is empty.
function isEmpty(value: object): boolean {
	return Object.values(value).every((inner) => inner === undefined || inner === "");
}
