"""Review (kiểm duyệt) and the closing of days: what people say of readings."""
