/**
 * Characters that do something, or show nothing: of control, of direction, of no width. Unicode lists those that a program shows nothing for (DerivedCoreProperties.txt,
 * Default_Ignorable_Code_Point: fillers, joiners, variation selectors, tags); line separators, annotations and the empty braille cell are besides.
 */
export const UNSEEN = /[\p{Cc}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800\ufff9-\ufffb]/gu;

/** Where a line holds a command of a CI wherever it stands in it: `##[error]` of GitHub, `##vso[...]` of Azure, `##teamcity[...]`. */
export const CI_COMMAND = /##(?=(?:vso|teamcity)?\[)/g;
