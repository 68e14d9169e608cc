"""What tests share: an eager runner, named matchers, tiny warehouses, stores and export types."""
