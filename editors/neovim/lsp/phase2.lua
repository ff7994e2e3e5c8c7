-- phase2's language server, for Neovim 0.11 and later: see the README beside this folder.
return {
  cmd = { 'phase2', 'lsp' },
  filetypes = { 'typescript', 'typescriptreact', 'toml', 'json', 'jsonc' },
  -- A server for each project; without any of these there is none.
  root_dir = function(buffer, start)
    local root = vim.fs.root(buffer, { 'phase2.toml' })
      or vim.fs.root(buffer, { 'supabase' })
      or vim.fs.root(buffer, { '.git' })
    if root then start(root) end
  end,
}
