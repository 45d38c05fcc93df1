"""The toolkit over the web framework: problem documents, pages, forms, cookies, security headers, health.
Nothing here knows a feature; features bring their own templates and handlers."""
