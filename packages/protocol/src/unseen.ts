/**
 * Characters that no log may show as they are: control characters, which steer a terminal or begin a line, and all of Unicode's characters
 * that show nothing or turn a text around (direction, no width, fillers, variation selectors, tags), so that no name looks like another one.
 */
export const UNSEEN = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]/gu;
