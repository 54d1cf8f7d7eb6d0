/** What an operator's role can say about the machine that it lands on, as `{{name}}`. */
export interface PlaceholderValues {
	readonly nodeName: string;
	readonly machineId: string;
	readonly address: string;
}
export const PLACEHOLDERS: readonly (keyof PlaceholderValues)[] = ["nodeName", "machineId", "address"];

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** The names in `text` that are no placeholder, in order. `{{{{` stands for a literal `{{`. */
export function unknownPlaceholders(text: string): string[] {
	return [...text.replaceAll("{{{{", "").matchAll(PLACEHOLDER)]
		.map(([, name]) => name ?? "")
		.filter((name) => !PLACEHOLDERS.includes(name as keyof PlaceholderValues));
}

/** Replaces placeholders with their values. Other names stay as they are: `parseDocument` refuses a document that has them. */
export function fillPlaceholders(text: string, values: PlaceholderValues): string {
	return text
		.split("{{{{")
		.map((part) =>
			part.replaceAll(PLACEHOLDER, (whole, name: string) =>
				PLACEHOLDERS.includes(name as keyof PlaceholderValues) ? values[name as keyof PlaceholderValues] : whole,
			),
		)
		.join("{{");
}

/** True when `text` holds the placeholder. */
export function usesPlaceholder(text: string, name: keyof PlaceholderValues): boolean {
	return [...text.replaceAll("{{{{", "").matchAll(PLACEHOLDER)].some(([, found]) => found === name);
}
