; grammars: typescript tsx
;
; A call of one of the console's methods. @console is whatever stands for the console: the name itself, or
; `globalThis.console`. The rule runs this at one call, never over a whole tree.

(call_expression
  function: [
    (member_expression
      object: (_) @console
      property: (property_identifier) @method)
    (subscript_expression
      object: (_) @console
      index: (string (string_fragment) @method))
  ]
  arguments: (arguments) @arguments)
